import { startLab } from './helper.js';

/** A simulator that is going to be killed: says where it is, and waits. */
const lab = await startLab();
lab.fleet.place('zookeeper@m1');
lab.fleet.place('postgresql@m2');
console.log(JSON.stringify({ directory: lab.directory }));
