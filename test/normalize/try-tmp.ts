import { readFileSync, readdirSync } from 'node:fs';
import { openNormalizer } from '../../src/normalize/normalizer.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
import { printJson } from '../../src/fhir/json.ts';
import { validateResource } from '../../src/fhir/validate.ts';
const t=performance.now();
const n = await openNormalizer({ folder: '/work/main/mappings', idSecret: Buffer.from('x'), defaultZone: 'Z' });
console.error('open', performance.now()-t);
const only=process.argv[2]??''; const show=process.argv[3];
for (const f of readdirSync('/work/main/fixtures/hl7').filter(f=>f.startsWith(only))) {
  try {
    const c = n.convert(readBytes(readFileSync('/work/main/fixtures/hl7/'+f)).message, {explain:true});
    console.log(f, c.entries.map(e=>e.resource.resourceType+(e.create?'+':'')).join(' '));
    for (const i of c.issues) console.log('   issue', i.severity, i.diagnostics);
    console.log('   unmapped', c.unmapped.map(u=>`${u.segment}[${u.sequence}]-${u.field}${u.component?'.'+u.component:''}`).join(' '));
    for (const e of c.entries) for (const i of validateResource(e.resource)) console.log('   INVALID', e.resource.resourceType, i.expression, i.diagnostics);
    if (show==='j') for (const e of c.entries) console.log(JSON.stringify(JSON.parse(printJson(e.resource)),null,1), e.removed, e.knownBy);
    if (show==='o') for (const o of c.origins) console.log(o.path,'<-',o.field,'  ',o.row);
    if (c.merge) console.log('merge', JSON.stringify(c.merge));
  } catch (e) { console.log(f, 'ERROR', (e as Error).stack?.split('\n').slice(0,4).join('|'), (e as any).code, JSON.stringify((e as any).location)); }
}
