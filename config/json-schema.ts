import { z } from 'zod';
import { clusterFile } from './schema-file.js';

/** The JSON Schema (draft 7) of a cluster file, for completion and hover texts in editors. */
export function clusterJsonSchema(): object {
  return z.toJSONSchema(clusterFile, { target: 'draft-7', io: 'input' });
}

/** The schema as the text of `examples/cluster.schema.json`. */
export function clusterJsonSchemaText(): string {
  return `${JSON.stringify(clusterJsonSchema(), null, 2)}\n`;
}
