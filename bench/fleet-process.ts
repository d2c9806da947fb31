/**
 * A simulated fleet in a process of its own, so that its work is not counted as the product's:
 * `fleet-process.ts CLUSTER-FILE DIRECTORY SPEED`. Answers `journal` over IPC; ends with its parent.
 */
import { loadClusterFile } from '../config/load.js';
import { startFleet } from '../simulator/fleet.js';

const [file = '', directory = '', speed = '1'] = process.argv.slice(2);
const loaded = await loadClusterFile(file);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints[0]));
const fleet = await startFleet(loaded.cluster, { directory, mode: 'protocol', speed: Number(speed) });
process.on('message', () => process.send?.(fleet.journal()));
process.once('disconnect', () => void fleet.close().then(() => process.exit(0)));
process.send?.('ready');
