import type { Host, Service } from '../../cluster/model.js';
import type { HostFacts } from '../host/facts.js';
import type { Answer } from './answer.js';

/** A host, and the services of it that are asked about. */
export interface Subject {
  readonly host: Host;
  readonly services: readonly Service[];
}

/** What is wrong, of one question on one host. */
export type Fault = Pick<Answer, 'instances' | 'evidence' | 'cure'>;

/** Finds faults; null where the host did not get so far. */
export type Judge = (subject: Subject, facts: HostFacts) => Fault[] | null;
