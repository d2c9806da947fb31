import type { Client } from '@temporalio/client';
import type { Cluster } from '../cluster/model.js';
import type { Pool } from '../ssh/types.js';
import type { Quote } from './host/script.js';
import type { StandsOn } from './inspection/branch.js';

/** A checked cluster file, or what is wrong with it, as text for people. */
export type LoadedCluster =
  | {
      readonly ok: true;
      readonly cluster: Cluster;
      readonly digest: string;
      /** Field → digest of its value, so that two versions can be told apart without any value in history (law 13). */
      readonly fingerprint: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly complaints: readonly string[] };

/** What the activities reach the outside through; put together by `worker/`. */
export interface Dependencies {
  readonly shell: Pool;
  readonly quote: Quote;
  readonly loadCluster: (name: string) => Promise<LoadedCluster>;
  readonly readSecret: (file: string) => Promise<string>;
  readonly temporal: Client;
  /** What the worker needs in order to go on (law 15), looked up anew each time: names may come to mean other addresses. */
  readonly standsOn: () => Promise<StandsOn>;
  /** True where the server knows our search attributes. */
  readonly searchAttributes: boolean;
}
