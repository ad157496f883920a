// SPDX-License-Identifier: Apache-2.0
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Holds R4 resources against the specification with HAPI's validator, which shares no code with ours.
 *
 * <p>Arguments are files of one resource each; without any, standard input has one a line, and a line's number is its file. Prints
 * a line of JSON a problem: file, resource, location, severity, message, id. Exits 1 when one of them is an error.
 */
public final class Validator {
  /** How a location names a resource: Bundle.entry[3].resource/&#42;Patient/1&#42;/.name[0] */
  private static final Pattern RESOURCE = Pattern.compile("/\\*([^*]+)\\*/");

  /** Ours, and HL7's youngest that have parts: there is no definition to hold them against. All others must have one. */
  private static final String[] UNDEFINED_EXTENSIONS = {
    "https://mooring.example/",
    "http://hl7.org/fhir/StructureDefinition/businessEvent",
    "http://hl7.org/fhir/StructureDefinition/observation-v2-subid",
  };

  private final FhirValidator validator;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final Gson gson = new Gson();
  private boolean wrong = false;

  private Validator() {
    FhirContext context = FhirContext.forR4();
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IssueSeverity.WARNING);
    DefaultProfileValidationSupport r4 = new DefaultProfileValidationSupport(context);
    FhirInstanceValidator instances =
        new FhirInstanceValidator(
            new ValidationSupportChain(
                new LaterDefinitions(context, r4),
                r4,
                new InMemoryTerminologyServerValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                unknown));
    instances.setAnyExtensionsAllowed(false);
    instances.setCustomExtensionDomains(UNDEFINED_EXTENSIONS);
    instances.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    validator = context.newValidator().registerValidatorModule(instances);
  }

  public static void main(String[] files) throws IOException {
    Validator validator = new Validator();
    for (String file : files) {
      validator.validate(file, Files.readString(Path.of(file)));
    }
    if (files.length == 0) {
      validator.validateLines();
    }
    System.exit(validator.wrong ? 1 : 0);
  }

  private void validateLines() throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      validate(Integer.toString(number), line);
    }
  }

  private void validate(String file, String json) {
    for (SingleValidationMessage problem : problemsOf(json)) {
      if (problem.getSeverity() == ResultSeverityEnum.INFORMATION) {
        continue;
      }
      wrong |= problem.getSeverity() != ResultSeverityEnum.WARNING;
      print(file, problem);
    }
  }

  private List<SingleValidationMessage> problemsOf(String json) {
    try {
      return validator.validateWithResult(json).getMessages();
    } catch (InvalidRequestException unreadable) {
      SingleValidationMessage problem = new SingleValidationMessage();
      problem.setSeverity(ResultSeverityEnum.FATAL);
      problem.setLocationString("");
      problem.setMessage(unreadable.getMessage());
      return List.of(problem);
    }
  }

  private void print(String file, SingleValidationMessage problem) {
    String location = problem.getLocationString();
    JsonObject line = new JsonObject();
    line.addProperty("file", file);
    line.addProperty("resource", innermost(location));
    line.addProperty("location", location);
    line.addProperty("severity", problem.getSeverity().getCode());
    line.addProperty("message", problem.getMessage());
    line.addProperty("id", problem.getMessageId());
    out.println(gson.toJson(line));
  }

  /** Type and id of the resource that the location is in, as far as it says them. */
  private static String innermost(String location) {
    String found = location.split("\\.")[0];
    for (Matcher resources = RESOURCE.matcher(location); resources.find(); ) {
      found = resources.group(1);
    }
    return found;
  }
}
