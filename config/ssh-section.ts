import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { SshDefaults } from '../cluster/model.js';
import type { Report } from './report.js';
import { ssh } from './schema-file.js';
import { checkShape } from './shape.js';

/** Reads `ssh:`; paths become absolute. */
export function readSsh(section: unknown, report: Report): SshDefaults {
  const said = section === undefined ? {} : (checkShape(ssh, section, ['ssh'], report) ?? {});
  const path = (text: string | undefined): string | null =>
    text === undefined ? null : resolvePath(text, report.file);
  return {
    user: said.user ?? null,
    port: said.port ?? null,
    jump: said.jump ?? null,
    identity: path(said.identity),
    knownHosts: path(said.knownHosts),
    config: path(said.config),
    sudoPassword: path(said.sudoPassword?.file),
  };
}

/** The absolute form of a path in a cluster file: `~/` is the home of whoever runs Blackstart, the rest is beside the file. */
export function resolvePath(text: string, file: string): string {
  return text.startsWith('~/') ? join(homedir(), text.slice(2)) : resolve(dirname(file), text);
}
