import { z } from 'zod';
import { fields, wrong } from './schema-texts.js';

const redundancyError = wrong(
  'must say how many may be missing',
  'write quorum, any, all, { tolerate: 1 }, { tolerate: 10% } or { replication: 3 }',
);
const countError = wrong('must be a number from 1 to 1000, or a percentage', 'write 2, or 10%');
const count = z.int({ error: countError }).min(1, { error: countError }).max(1000, { error: countError });

/** `redundancy:` as written; the arithmetic is in `cluster/redundancy.ts`. */
export const redundancy = z.union(
  [
    z.enum(['quorum', 'any', 'all'], { error: redundancyError }),
    fields({
      tolerate: z
        .union([count, z.string().regex(/^\d{1,2}%$/, { error: countError })], { error: countError })
        .meta({ description: 'How many may be missing: a number, or a percentage of all.', examples: [1, '10%'] }),
    }),
    fields({
      replication: count.meta({ description: 'Copies of everything: one less may be missing.', examples: [3] }),
    }),
  ],
  { error: redundancyError },
);
