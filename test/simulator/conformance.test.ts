import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findService } from '../../cluster/model.js';
import type { WrittenCluster } from '../../simulator/cluster-file.js';
import { demoCluster } from '../../simulator/sample-clusters.js';
import { startLab, until, type Lab } from './helper.js';

/** Numbers and texts that may differ: process ids, ages, addresses, the words of refusals and of messages. */
function normal(text: string): string {
  return text
    .replace(/^(I\t\S+\t\S+\t)\d+\t\d+/gm, '$1PID\tAGE')
    .replace(/process \d+/g, 'process PID')
    .replace(/^([PCG]\t\S+\t\d+\t(?:-|7|1|124))\t.*$/gm, '$1\tWHY');
}

/** Every line a watch told, without ticks; lines that are told in another order or twice are the same news. */
function news(out: string): string[] {
  return [
    ...new Set(
      normal(out)
        .split('\n')
        .filter((line) => line !== 'T' && line !== ''),
    ),
  ].toSorted();
}

async function raw(lab: Lab, host: string): Promise<string> {
  const { instances, conditions, progress } = await lab.look(host);
  const answers = instances.map(({ id, presence, detail, answers: given }) => ({
    id,
    presence,
    detail,
    answers: given.map(({ index, code, text }) => ({
      index,
      code,
      text: code === '0' || code === '200' ? text : 'WHY',
    })),
  }));
  const about = conditions.map(({ service, index, code, text }) => ({
    service,
    index,
    code,
    text: code === '200' ? text : 'WHY',
  }));
  const figures = progress.map((figure) => (figure.code === '200' ? figure : { ...figure, text: 'WHY' }));
  return JSON.stringify({ answers, about, figures }).replace(/process \d+/g, 'process PID');
}

/** The demo's cluster with a manager that is started as systemd would: as the bare program, after a reset of its goal. */
function withBareManager(place: Parameters<typeof demoCluster>[0]): WrittenCluster {
  const demo = demoCluster(place);
  const accumulo = '"$BLACKSTART_HOME"/bin/accumulo';
  const bare = {
    start: `${accumulo} manager`,
    prepare: { run: `${accumulo} org.apache.accumulo.manager.state.SetGoalState NORMAL`, once: true },
  };
  const layers = demo.layers.map(({ name, services }) => ({
    name,
    services: services['manager'] ? { ...services, manager: { ...services['manager'], ...bare } } : services,
  }));
  return { ...demo, layers };
}

/** The same story on both kinds of host; what was said at each point. */
async function story(mode: 'real-scripts' | 'protocol'): Promise<Record<string, unknown>> {
  const lab = await startLab({ mode, speed: 2 }, withBareManager);
  const told: Record<string, unknown> = {};
  try {
    const all = ['zookeeper', 'namenode', 'datanode', 'postgresql'].flatMap((name) =>
      (findService(lab.cluster, name)?.hosts ?? []).map((host) => `${name}@${host}`),
    );
    told['absent'] = await raw(lab, 'm1');
    // However busy the machine is: there is time to look while they start.
    for (const id of ['zookeeper@m1', 'namenode@m1']) lab.fleet.fault(id, { kind: 'slow-boot', factor: 4 });
    const watching = lab.watch('m1', 9_000);
    const starts = await Promise.all(all.map((id) => lab.act('start', id, 5)));
    told['start'] = starts.map(({ id, result, code, text }) => `${id} ${result} ${code} ${normal(text)}`);
    told['starting'] = await raw(lab, 'm1');
    // What lasts a moment only is caught by one sample and missed by the next: absent, an act under way, half-way states.
    const passing =
      /Safe mode is ON|In safe mode|"safeMode"|"NumLiveDataNodes": [0-3]|serving|no such process|an act is under way|\t7\tWHY$/;
    told['watched'] = news(await watching).filter((line) => !passing.test(line));
    await until('all are healthy', () => all.every((id) => lab.fleet.healthy(id)));
    told['healthy'] = [await raw(lab, 'm1'), await raw(lab, 'm2'), await raw(lab, 'w1'), await raw(lab, 'app1')];
    const above = ['manager@m1', 'tserver@w1', 'tserver@w2', 'kafka@m1', 'kafka@m2'];
    told['above'] = (await Promise.all(above.map((id) => lab.act('start', id, 1)))).map(
      ({ id, result, code, text }) => `${id} ${result} ${code} ${normal(text)}`,
    );
    await until('Accumulo and Kafka are healthy', () => above.every((id) => lab.fleet.healthy(id)));
    await until('every tablet is served', async () =>
      (await lab.look('m1')).conditions.some(({ service, code }) => service === 'manager' && code === '0'),
    );
    told['served'] = [await raw(lab, 'm1'), await raw(lab, 'w1')];
    const drained = await lab.act('drain', 'tserver@w1', 2);
    told['drained'] = `${drained.result} ${drained.code} ${drained.text}`;
    told['gone'] = await raw(lab, 'm1');
    const again = ['manager@m1', 'tserver@w1'];
    for (const id of again) await lab.act('start', id, 3);
    await until('Accumulo is healthy', () => again.every((id) => lab.fleet.healthy(id)));
    told['trapped'] = await raw(lab, 'm1');
    const prepared = await lab.act('prepare', 'manager@m1', 4);
    told['prepared'] = `${prepared.result} ${prepared.code} ${prepared.text}`;
    await until('every tablet is served again', async () =>
      (await lab.look('m1')).conditions.some(({ service, code }) => service === 'manager' && code === '0'),
    );
    for (const id of [...again, ...above.slice(3)]) told[`stop ${id}`] = normal((await lab.act('stop', id, 5)).text);
    for (const [name, verb, token] of [
      ['again', 'start', 6],
      ['fenced', 'stop', 4],
      ['stop', 'stop', 7],
      ['stop again', 'stop', 8],
    ] as const) {
      for (const id of ['zookeeper@m1', 'namenode@m1', 'postgresql@m2']) {
        const { result, code, text } = await lab.act(verb, id, token);
        told[`${name} ${id}`] = `${result} ${code} ${code === 'fence' ? 'WHY' : normal(text)}`;
      }
    }
    told['stopped'] = [await raw(lab, 'm1'), await raw(lab, 'm2')];
    lab.fleet.fault('datanode@w1', { kind: 'lying-stop' });
    lab.fleet.fault('datanode@w2', { kind: 'fail-start', exitCode: 3, text: 'no disk' });
    await lab.act('stop', 'datanode@w2', 9);
    const [lie, fail] = await Promise.all([lab.act('stop', 'datanode@w1', 9), lab.act('start', 'datanode@w2', 10)]);
    told['lying stop'] = `${lie.result} ${lie.code} ${normal(lie.text)}`;
    told['failing start'] = `${fail.result} ${fail.code} ${normal(fail.text)}`;
  } finally {
    await lab.close();
  }
  return told;
}

test('protocol mode says line for line what the real scripts say', async () => {
  const [real, protocol] = await Promise.all([story('real-scripts'), story('protocol')]);
  for (const point of Object.keys(real)) assert.deepEqual(protocol[point], real[point], point);
});
