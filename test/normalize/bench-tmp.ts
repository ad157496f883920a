import { readFileSync } from 'node:fs';
import { openNormalizer } from '../../src/normalize/normalizer.ts';
import { readBytes } from '../../src/ingest/hl7/charset.ts';
const n = await openNormalizer({ folder: '/work/main/mappings', idSecret: Buffer.from('x'), defaultZone: 'Z' });
for (const f of ['002-adt-a08-harbour-update',]) {
  const b = readFileSync(`/work/main/fixtures/hl7/${f}.hl7`);
  for (let i=0;i<300;i++) n.convert(readBytes(b).message);
  const t=process.cpuUsage(); const N=4000; for (let i=0;i<N;i++) n.convert(readBytes(b).message);
  const u=process.cpuUsage(t); console.log(f, Math.round(N/((u.user+u.system)/1e6)),'/cpu-s');
}
