/** Writes examples/cluster.schema.json: `node --import tsx config/write-schema.ts`, after every change of the schema. */
import { writeFile } from 'node:fs/promises';
import { clusterJsonSchemaText } from './json-schema.js';

await writeFile(new URL('../examples/cluster.schema.json', import.meta.url), clusterJsonSchemaText());
