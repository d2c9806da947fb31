import { PLAIN, type Answer, type Surroundings, type System } from './system.js';

function beans(name: string, fields: Readonly<Record<string, unknown>>): Answer {
  const bean = { name: `Hadoop:service=${name}`, ...fields };
  return { type: 'http', status: 200, body: `${JSON.stringify({ beans: [bean] }, null, 1)}\n` };
}

/** The query of a bean that is not there is answered with 200 and an empty list. */
const NO_BEANS: Answer = { type: 'http', status: 200, body: '{\n "beans": []\n}\n' };
const NOT_FOUND: Answer = { type: 'http', status: 404, body: 'not found\n' };

function beanOf(path: string): string | null {
  if (!path.startsWith('/jmx')) return null;
  return /[?&](?:qry|get)=Hadoop:service=(\S+)$/.exec(path)?.[1] ?? '';
}

function safemodeText({ fileSystem }: Surroundings): string {
  if (!fileSystem.safemode) return '';
  const { total, reported } = fileSystem.blocks;
  const sentence = `Safe mode is ON. The reported blocks ${reported} `;
  if (reported < total) {
    const lacking = `needs additional ${total - reported} blocks to reach the threshold 1.0000 of total blocks ${total}.`;
    return `${sentence}${lacking} Safe mode will be turned off automatically once the thresholds have been reached.`;
  }
  return `${sentence}has reached the threshold 1.0000 of total blocks ${total}. In safe mode extension.`;
}

function nameNodeAnswer(around: Surroundings, path: string): Answer {
  const { fileSystem } = around;
  const bean = beanOf(path);
  switch (bean) {
    case null:
      return NOT_FOUND;
    case 'NameNode,name=NameNodeStatus':
      return beans(bean, { State: 'active', NNRole: 'NameNode' });
    case 'NameNode,name=NameNodeInfo::Safemode':
      return beans('NameNode,name=NameNodeInfo', { Safemode: safemodeText(around) });
    case 'NameNode,name=NameNodeInfo':
      return beans(bean, { Safemode: safemodeText(around), NumberOfMissingBlocks: fileSystem.missingBlocks });
    case 'NameNode,name=FSNamesystemState':
      return beans(bean, {
        FSState: fileSystem.safemode ? 'safeMode' : 'Operational',
        NumLiveDataNodes: fileSystem.liveDataNodes,
        NumDeadDataNodes: fileSystem.totalDataNodes - fileSystem.liveDataNodes,
      });
    default:
      return NO_BEANS;
  }
}

function daemon(name: 'namenode' | 'datanode') {
  return {
    words: () => [`-Dproc_${name}`, '-Xmx1000m', 'org.apache.hadoop.hdfs.server', name],
    started: { code: 0, text: '' },
    alreadyRuns: (pid: number) => ({ code: 1, text: `${name} is running as process ${pid}.  Stop it first.` }),
    // T5: waits HADOOP_STOP_TIMEOUT after TERM, then KILL; without a pid file silence and 0.
    stopWaits: { type: 'exit' },
    stopped: { code: 0, text: '' },
    notRunning: { code: 0, text: '' },
  } as const;
}

/** The NameNode (services.md B2): answers as active at once; safemode is a matter of the whole file system. */
export const NAMENODE: System = {
  ...PLAIN,
  ...daemon('namenode'),
  bootMs: [1_500, 3_000],
  answer: (around, _proc, question) =>
    question.type === 'http' ? nameNodeAnswer(around, question.path) : { type: 'text', text: '' },
};

/** A DataNode (services.md B3): answers once up, whether or not a NameNode knows it. */
export const DATANODE: System = {
  ...PLAIN,
  ...daemon('datanode'),
  bootMs: [1_000, 2_500],
  answer: (_around, _proc, question) => {
    if (question.type !== 'http') return { type: 'text', text: '' };
    const bean = beanOf(question.path);
    if (bean === null) return NOT_FOUND;
    return bean === 'DataNode,name=DataNodeInfo' ? beans(bean, { Version: '3.3.6', XceiverCount: 1 }) : NO_BEANS;
  },
};
