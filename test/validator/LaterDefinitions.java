// SPDX-License-Identifier: Apache-2.0
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.ElementDefinition;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r4.model.UriType;

/**
 * What HL7 has published since R4 and means for R4 too: the tables of v2 as they grew, the extensions that moved to a package of
 * their own, and those that carry an element of R5, whose URL ends with the element's path (R5, "Extensions for converting between
 * versions"). HAPI brings all three as packages for R5.
 */
final class LaterDefinitions implements IValidationSupport {
  private static final String PACKAGES = "/org/hl7/fhir/r5/packages/";
  private static final String STRUCTURES = "http://hl7.org/fhir/StructureDefinition/";
  private static final String TABLES = "http://terminology.hl7.org/CodeSystem/v2-";
  private static final String R5_ELEMENTS = "http://hl7.org/fhir/5.0/StructureDefinition/extension-";

  /** Extensions that are younger than the package, and the type of their value. */
  private static final Map<String, String> YOUNGER =
      Map.of(
          "annotationType", "CodeableConcept",
          "observation-analysis-date-time", "dateTime",
          "observation-nature-of-abnormal-test", "CodeableConcept",
          "observation-structure-type", "CodeableConcept",
          "servicerequest-order-callback-phone-number", "ContactPoint",
          "subject-locationClassification", "CodeableConcept");

  /** Codes that are younger than the package, by their code systems. */
  private static final Map<String, String> YOUNGER_CODES =
      Map.of(TABLES + "0203", "SHIP", "http://terminology.hl7.org/CodeSystem/practitioner-role", "responsibleObserver");

  private final FhirContext context;
  private final IValidationSupport r4;
  private final Map<String, byte[]> tables = read("hl7.terminology-5.1.0.tgz", "CodeSystem-v2-");
  private final Map<String, byte[]> extensions = read("hl7.fhir.uv.extensions.r5-1.0.0.tgz", "StructureDefinition-");
  private final Map<String, byte[]> r5 = read("hl7.fhir.r5.core-5.0.0.tgz", "StructureDefinition-");

  LaterDefinitions(FhirContext context, IValidationSupport r4) {
    this.context = context;
    this.r4 = r4;
  }

  @Override
  public FhirContext getFhirContext() {
    return context;
  }

  @Override
  public IBaseResource fetchCodeSystem(String system) {
    byte[] json = system.startsWith(TABLES) ? tables.get(system.substring(TABLES.length())) : null;
    CodeSystem known = json == null ? null : parse(CodeSystem.class, json);
    if (!YOUNGER_CODES.containsKey(system)) {
      return known;
    }
    CodeSystem younger = known == null ? ((CodeSystem) r4.fetchCodeSystem(system)).copy() : known;
    younger.addConcept().setCode(YOUNGER_CODES.get(system));
    return younger;
  }

  @Override
  public IBaseResource fetchStructureDefinition(String url) {
    if (url.startsWith(R5_ELEMENTS)) {
      Set<String> types = typesInR5(url.substring(R5_ELEMENTS.length()));
      return types == null ? null : defineExtension(url, types);
    }
    String name = url.startsWith(STRUCTURES) ? url.substring(STRUCTURES.length()) : "";
    if (YOUNGER.containsKey(name)) {
      return defineExtension(url, Set.of(YOUNGER.get(name)));
    }
    byte[] json = extensions.get(name);
    if (json == null || r4.fetchStructureDefinition(url) != null) {
      return null;
    }
    // The model of R4 can't say R5.
    StructureDefinition extension = parse(StructureDefinition.class, json).setFhirVersionElement(null);
    fixUrl(extension);
    return extension;
  }

  private <T extends IBaseResource> T parse(Class<T> type, byte[] json) {
    return context.newJsonParser().parseResource(type, new String(json, StandardCharsets.UTF_8));
  }

  /** The types of the element, none if it has parts; null if R5 has no such element. */
  private Set<String> typesInR5(String path) {
    byte[] json = r5.get(path.split("\\.")[0]);
    if (json == null || !path.contains(".")) {
      return null;
    }
    JsonObject structure = JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
    for (JsonElement each : structure.getAsJsonObject("snapshot").getAsJsonArray("element")) {
      JsonObject element = each.getAsJsonObject();
      if (element.get("path").getAsString().replace("[x]", "").equals(path)) {
        Set<String> types = new HashSet<>();
        if (element.has("type")) {
          element.getAsJsonArray("type").forEach(type -> types.add(type.getAsJsonObject().get("code").getAsString()));
        }
        // R4 has no such type, but the two that it joins.
        if (types.contains("CodeableReference")) {
          types.addAll(Set.of("CodeableConcept", "Reference"));
        }
        return types;
      }
    }
    return null;
  }

  /** R4's own Extension with this URL and these types. What has parts in R5 has extensions here, and no value. */
  private StructureDefinition defineExtension(String url, Set<String> types) {
    StructureDefinition extension = ((StructureDefinition) r4.fetchStructureDefinition(STRUCTURES + "Extension")).copy();
    extension.setUrl(url).setBaseDefinition(STRUCTURES + "Extension");
    extension.setDerivation(StructureDefinition.TypeDerivationRule.CONSTRAINT);
    extension.addContext().setType(StructureDefinition.ExtensionContextType.ELEMENT).setExpression("Element");
    for (ElementDefinition element : extension.getSnapshot().getElement()) {
      if (element.getPath().equals("Extension.value[x]")) {
        element.getType().removeIf(type -> !types.contains(type.getCode()));
        element.setMax(element.getType().isEmpty() ? "0" : "1");
      }
    }
    fixUrl(extension);
    return extension;
  }

  /** In the package, alternate-codes fixes another extension's URL. */
  private static void fixUrl(StructureDefinition extension) {
    for (ElementDefinition element : extension.getSnapshot().getElement()) {
      if (element.getPath().equals("Extension.url") && !element.getId().contains(":")) {
        element.setFixed(new UriType(extension.getUrl()));
      }
    }
  }

  /** The package's files of one kind, by the id in their names. */
  private static Map<String, byte[]> read(String name, String kind) {
    String start = "package/" + kind;
    Map<String, byte[]> files = new HashMap<>();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new GZIPInputStream(LaterDefinitions.class.getResourceAsStream(PACKAGES + name)))) {
      for (TarArchiveEntry file = tar.getNextEntry(); file != null; file = tar.getNextEntry()) {
        if (file.getName().startsWith(start)) {
          files.put(file.getName().substring(start.length()).replace(".json", ""), tar.readAllBytes());
        }
      }
    } catch (IOException cause) {
      throw new UncheckedIOException(name, cause);
    }
    return files;
  }
}
