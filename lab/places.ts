/** Where the lab keeps what it makes. Nothing of it lies in the repository, so a checkout stays clean. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This folder: the recipes. */
export const RECIPES = dirname(fileURLToPath(import.meta.url));

export const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'blackstart', 'lab');

/** What `npm run build` made: users run this. */
export const MAIN = join(RECIPES, '..', 'dist', 'cli', 'main.js');

export const places = {
  /** What is shared, read-only, by all hosts: /opt/zookeeper, /opt/hadoop, ... */
  software: join(CACHE, 'software'),
  /** What survives the death of a host: its /srv and /var/log. */
  data: (host: string) => join(CACHE, 'data', host),
  /** Which process is pid 1 of a host; gone when the machine is rebooted or `down` was called. */
  run: join(CACHE, 'run'),
  journal: join(CACHE, 'journal'),
  /** What the product said during trials: one file a command, and the worker's log. */
  trials: join(CACHE, 'trials'),
  keys: join(CACHE, 'keys'),
  clusters: join(CACHE, 'clusters'),
  clientKey: join(CACHE, 'keys', 'id_ed25519'),
  knownHosts: join(CACHE, 'keys', 'known_hosts'),
  sshConfig: join(CACHE, 'keys', 'ssh_config'),
} as const;
