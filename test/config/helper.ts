import assert from 'node:assert/strict';
import { formatComplaint, type Complaint } from '../../config/complaint.js';
import { loadClusterText } from '../../config/load.js';
import type { Cluster, Service } from '../../cluster/model.js';

/** Where and how one mistake must be told. */
export interface Expected {
  readonly at: string;
  readonly path?: string;
  readonly message: RegExp;
  readonly cure: RegExp;
  readonly severity?: Complaint['severity'];
}

/** All that is said about a text. */
export function complaintsAbout(text: string): Complaint[] {
  const loaded = loadClusterText(text, 'c.yaml');
  return loaded.ok ? loaded.warnings : loaded.complaints;
}

/** Asserts that the text fails with exactly these errors. */
export function assertErrors(text: string, expected: readonly Expected[]): void {
  const errors = complaintsAbout(text).filter(({ severity }) => severity === 'error');
  const shown = errors.map(formatComplaint).join('\n');
  assert.equal(errors.length, expected.length, shown);
  expected.forEach((one, i) => assertIs(errors[i], one, shown));
}

/** Asserts that the text loads, and that this is among its warnings. */
export function assertWarning(text: string, expected: Expected): void {
  const loaded = loadClusterText(text, 'c.yaml');
  const said = loaded.ok ? loaded.warnings : loaded.complaints;
  const shown = said.map(formatComplaint).join('\n');
  assert.equal(loaded.ok, true, shown);
  const found = said.find(({ message }) => expected.message.test(message));
  assertIs(found, { severity: 'warning', ...expected }, shown);
}

function assertIs(complaint: Complaint | undefined, expected: Expected, shown: string): void {
  assert.ok(complaint, shown);
  assert.equal(`${complaint.line}:${complaint.column}`, expected.at, shown);
  if (expected.path !== undefined) assert.equal(complaint.path, expected.path, shown);
  assert.match(complaint.message, expected.message, shown);
  assert.match(complaint.cure, expected.cure, shown);
  assert.equal(complaint.severity, expected.severity ?? 'error', shown);
}

/** The cluster of a text that must load. */
export function clusterOf(text: string): Cluster {
  const loaded = loadClusterText(text, '/clusters/c.yaml');
  if (!loaded.ok) throw new Error(loaded.complaints.map(formatComplaint).join('\n'));
  return loaded.cluster;
}

/** The service of that name in a text that must load. */
export function serviceOf(text: string, name: string): Service {
  const found = clusterOf(text)
    .layers.flatMap((layer) => layer.services)
    .find((service) => service.name === name);
  assert.ok(found);
  return found;
}

/** Six lines of file before the services of the second layer, with one service below them. */
export const HEAD = `name: c
hosts: { 'w[1-9]': }
layers:
  - { name: one, services: { below: { hosts: w9, unit: below, healthy: 'true' } } }
  - name: two
    services:
`;

/** A file with these services; the first line of `services` is line 7, its first column 7. */
export function withServices(...services: string[]): string {
  return HEAD + services.map((line) => `      ${line}\n`).join('');
}
