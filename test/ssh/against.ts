import assert from 'node:assert/strict';
import { createPool } from '../../ssh/pool.js';
import type { PoolOptions, RunRequest, RunResult } from '../../ssh/types.js';
import { startHostile, type Behaviour, type HostileServer } from './hostile-server.js';

/** Generous, because the machine is shared: it only tells "ended by its deadline" from "hung". */
const SLACK_MS = 5_000;

/** Runs `true` against a hostile server, with these changes to the request, and lets `check` judge the result. */
export async function against(
  behaviour: Behaviour,
  request: Partial<RunRequest>,
  check: (result: RunResult, server: HostileServer) => void,
  options: PoolOptions = {},
): Promise<void> {
  const server = await startHostile(behaviour);
  const pool = createPool(options);
  try {
    const deadlineMs = request.deadlineMs ?? 400;
    const result = await pool.run({ target: server.target, script: 'true', deadlineMs, ...request });
    assert.ok(result.ms < deadlineMs + SLACK_MS, `took ${result.ms} ms`);
    check(result, server);
  } finally {
    await pool.close();
    await server.stop();
  }
}
