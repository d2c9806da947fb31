import { foldHosts, foldInstances } from '../../cluster/host-set.js';
import { QUESTIONS, VERDICTS, type Finding, type Question, type Verdict } from '../../cluster/inspection.js';

/** Stands for the host's own name in a text that would else be the same for others; one of them is shown. */
export const HOST = '{host}';

/** What one host says to one question. */
export interface Answer {
  readonly question: Question;
  readonly verdict: Verdict;
  /** Empty where it is about Blackstart's own side. */
  readonly host: string;
  readonly instances: readonly string[];
  readonly evidence: string;
  readonly cure: string;
}

/** As many texts a question as people read; a thousand hosts with as many texts must stay small in Temporal's history. */
const MAX_TEXTS = 20;
const MAX_TEXT_LENGTH = 1000;

/** Folds the answers of all hosts: equal ones become one finding; in the order of the questions, the worst first. */
export function foldAnswers(answers: readonly Answer[]): Finding[] {
  const groups = new Map<string, Answer[]>();
  const texts = new Map<Question, number>();
  for (const answer of answers) {
    const { question, verdict } = answer;
    const evidence = answer.evidence.slice(0, MAX_TEXT_LENGTH);
    const cure = answer.cure.slice(0, MAX_TEXT_LENGTH);
    const key = JSON.stringify([question, verdict, evidence, cure]);
    const count = texts.get(question) ?? 0;
    const fits = groups.has(key) || count < MAX_TEXTS;
    if (!groups.has(key) && fits) texts.set(question, count + 1);
    const shown = fits ? { ...answer, evidence, cure } : { ...answer, evidence: 'as others, in other words', cure: '' };
    const kept = fits ? key : JSON.stringify([question, verdict]);
    groups.set(kept, [...(groups.get(kept) ?? []), shown]);
  }
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      if (!first) return [];
      const { question, verdict, evidence, cure } = first;
      const hosts = [...new Set(group.map((a) => a.host).filter((host) => host !== ''))];
      const instances = [...new Set(group.flatMap((a) => a.instances))];
      const named = (text: string): string => text.replaceAll(HOST, hosts[0] ?? '');
      const folded = { hosts: foldHosts(hosts), instances: foldInstances(instances) };
      return [{ question, verdict, ...folded, evidence: named(evidence), cure: named(cure) }];
    })
    .toSorted(
      (a, b) =>
        QUESTIONS.indexOf(a.question) - QUESTIONS.indexOf(b.question) ||
        VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict),
    );
}
