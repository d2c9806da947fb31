import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { figureOf } from '../../cluster/judge.js';
import { findService } from '../../cluster/model.js';
import { startLab, until, type Lab } from './helper.js';

describe('what a host with real scripts shows of itself', () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab();
  });
  after(() => lab.close());

  async function says(host: string, script: string): Promise<string> {
    return (await lab.run(host, script)).out.trim();
  }

  test('a full disk has no room, and those of the others have', async () => {
    lab.fleet.fault('m3', { kind: 'full-disk' });
    await until(
      'it is full',
      async () => (await says('m3', 'df -P -k . | awk "END { print \\$4, \\$5 }"')) === '0 100%',
    );
    assert.notEqual(await says('m2', 'df -P -k . | awk "END { print \\$4 }"'), '0');
    lab.fleet.clear('m3');
    await until('there is room', async () => (await says('m3', 'df -P -k . | awk "END { print \\$4 }"')) !== '0');
  });

  test('a clock that is fast', async () => {
    lab.fleet.fault('m3', { kind: 'clock-skew', seconds: 300 });
    await until('it is fast', async () => {
      const [shown = 0, real = 0] = (await says('m3', 'date +%s; /usr/bin/date +%s')).split('\n').map(Number);
      return shown - real >= 299 && shown - real <= 301;
    });
    assert.equal(await says('m3', 'date -u -d @0 +%F'), '1970-01-01', 'a question about another time');
    lab.fleet.clear('m3');
  });

  test('sudo works for everybody, or wants a password', async () => {
    assert.match(await says('m1', 'sudo -n -u root -- sh -c "echo as root"'), /^as root$/);
    assert.match(await says('m1', 'sudo -n -l'), /NOPASSWD: ALL/);
    lab.fleet.fault('m1', { kind: 'no-sudo' });
    await until('it is refused', async () => (await says('m1', 'sudo -n true 2>&1; echo $?')).endsWith('required\n1'));
    lab.fleet.clear('m1');
  });

  test('a stranger on a port is seen on its own host only, answers, and what needs the port dies of it', async () => {
    lab.fleet.fault('m1', { kind: 'port-stranger', port: 2181 });
    await until('it listens', async () => (await says('m1', 'ss -H -ltn')).includes(':2181 '));
    assert.ok(!(await says('m2', 'ss -H -ltn')).includes(':2181 '));
    await lab.act('start', 'zookeeper@m1');
    await until('it died', () => !lab.fleet.alive('zookeeper@m1'));
    assert.match(lab.fleet.journal().findLast(({ what }) => what === 'exit')?.detail ?? '', /Address already in use/);
    lab.fleet.clear('m1');
    await until('the port is free', async () => !(await says('m1', 'ss -H -ltn')).includes(':2181 '));
    await lab.act('start', 'zookeeper@m1', 2);
    await until('it is up', async () => (await says('m1', 'ss -H -ltn')).includes(':2181 '));
    assert.throws(() => lab.fleet.fault('m1', { kind: 'port-stranger', port: 2181 }), /in use by zookeeper@m1/);
  });
});

for (const mode of ['real-scripts', 'protocol'] as const) {
  test(`the figure of a NameNode in safemode rises with what is reported, ${mode}`, async () => {
    const lab = await startLab({ mode });
    try {
      const progress = findService(lab.cluster, 'namenode')?.progress[0];
      assert.ok(progress);
      const figure = async (): Promise<string> => {
        const answer = (await lab.look('m1')).progress.find(({ id }) => id === 'namenode@m1');
        return (answer && figureOf(progress, answer)) ?? '';
      };
      assert.equal(await figure(), '', 'nothing of one that is not there');
      lab.fleet.place('namenode@m1');
      await until('none is reported', async () =>
        (await figure()).includes('The reported blocks 0 needs additional 96'),
      );
      lab.fleet.place('datanode@w1');
      await until('half is reported', async () =>
        (await figure()).includes('The reported blocks 48 needs additional 48'),
      );
      lab.fleet.place('datanode@w2');
      await until('safemode is over', async () => (await figure()) === '""');
    } finally {
      await lab.close();
    }
  });
}
