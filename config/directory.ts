import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Complaint } from './complaint.js';
import { loadClusterFile, loadClusterText, type Loaded } from './load.js';
import { didYouMean } from './nearest.js';
import { clusterName } from './schema-texts.js';
import { readSource } from './source.js';

/** A cluster file of a directory. `name` is null where the file has none that can be read. */
export interface ListedCluster {
  readonly name: string | null;
  readonly file: string;
  readonly loads: boolean;
}

/**
 * Loads the cluster of that name from a directory of cluster files. Never throws: no such name, two files with it, and
 * a directory that cannot be read are complaints.
 */
export async function loadClusterNamed(directory: string, name: string, reading = READING): Promise<Loaded> {
  // The name may come from anyone who can start a workflow; it is only ever compared, but a path is not even searched for.
  if (!clusterName.safeParse(name).success) {
    const message = `${JSON.stringify(name.slice(0, 80))} is no name of a cluster`;
    return refuse(directory, message, 'use lower-case letters, digits, ".", "_" and "-"');
  }
  const files = await readFiles(directory);
  if (typeof files === 'string')
    return refuse(directory, files, 'set BLACKSTART_CLUSTERS to the directory of the files');
  const { nameIn, load } = reading;
  const mine = files.filter(({ text }) => text.includes(name)).filter(({ path, text }) => nameIn(text, path) === name);
  const [file, second] = mine;
  if (file && second) {
    const cure = 'give each cluster its own name';
    return refuse(second.path, `${basename(file.path)} describes a cluster "${name}" too`, cure);
  }
  if (file) return load(file.text, file.path);
  const names = files.flatMap(({ path, text }) => nameIn(text, path) ?? []);
  const known = names.length === 0 ? 'there is no cluster file here' : `known clusters: ${names.toSorted().join(', ')}`;
  const message = `no cluster "${name}" here: ${known}`;
  return refuse(directory, message, didYouMean(name, names, 'check the name, or write the file'));
}

/** Whether a person means a file by this, and not the name of a cluster. */
export function isClusterPath(what: string): boolean {
  return what.includes('/') || /\.ya?ml$/.test(what);
}

/** Loads what a person means: the file of that path, else as {@link loadClusterNamed}. */
export async function loadCluster(directory: string, what: string): Promise<Loaded> {
  return isClusterPath(what) ? loadClusterFile(what) : loadClusterNamed(directory, what);
}

/**
 * {@link loadClusterNamed} for whoever asks again and again: the files are read each time, but a text that is the same as
 * last time is not checked anew (a thousand hosts take 100 ms). What it gives is shared: nobody may change it.
 */
export function clusterLoader(directory: string): (name: string) => Promise<Loaded> {
  const reading: Reading = { nameIn: keepLast(nameIn), load: keepLast(loadClusterText) };
  return (name) => loadClusterNamed(directory, name, reading);
}

/** How the text of a file is understood. */
interface Reading {
  readonly nameIn: (text: string, path: string) => string | null;
  readonly load: (text: string, path: string) => Loaded;
}

const READING: Reading = { nameIn, load: loadClusterText };

/** The same function, which keeps its last value for each file. */
function keepLast<T>(make: (text: string, path: string) => T): (text: string, path: string) => T {
  const kept = new Map<string, { readonly text: string; readonly value: T }>();
  return (text, path) => {
    const last = kept.get(path);
    if (last?.text === text) return last.value;
    const value = make(text, path);
    kept.set(path, { text, value });
    return value;
  };
}

/**
 * The cluster files of a directory, by name of file.
 * @throws Error where the directory cannot be read.
 */
export async function listClusters(directory: string): Promise<ListedCluster[]> {
  const files = await readFiles(directory);
  if (typeof files === 'string') throw new Error(`${directory} ${files}`);
  return files.map(({ path, text }) => ({ name: nameIn(text), file: path, loads: loadClusterText(text, path).ok }));
}

interface ClusterFile {
  readonly path: string;
  readonly text: string;
}

/** The files of a directory, or why there are none to read. A file that vanishes or cannot be read counts as empty. */
async function readFiles(directory: string): Promise<ClusterFile[] | string> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  // Editors keep their own copies in files that begin with a dot.
  const names = entries.filter((entry) => /^[^.].*\.ya?ml$/.test(entry)).toSorted();
  return Promise.all(
    names.map(async (entry) => {
      const path = join(directory, entry);
      return { path, text: await readFile(path, 'utf8').catch(() => '') };
    }),
  );
}

/** The name a file gives its cluster, also where the rest of it has mistakes. */
function nameIn(text: string): string | null {
  const { value } = readSource(text);
  if (typeof value !== 'object' || value === null || !('name' in value)) return null;
  return typeof value.name === 'string' ? value.name : null;
}

function refuse(file: string, message: string, cure: string): Loaded {
  const complaint: Complaint = { file, line: 1, column: 1, path: '', message, cure, severity: 'error' };
  return { ok: false, complaints: [complaint] };
}
