import { ApplicationFailure } from '@temporalio/common';

/** The types of failure an activity may end with; workflows and tests know them by these names. */
export type FailureType = 'ClusterFile' | 'ClusterFileChanged';

/** Thrown when the named cluster file is missing or wrong. Trying again cannot help, so the run fails at once. */
export function clusterFileFailure(name: string, complaints: readonly string[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'ClusterFile' satisfies FailureType,
    message: `cluster "${name}" cannot be used:\n${complaints.join('\n')}`,
    nonRetryable: true,
  });
}

/** Thrown when the file is not the one the run was planned with; the run then looks again and holds (law 13). */
export function clusterFileChangedFailure(name: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'ClusterFileChanged' satisfies FailureType,
    message: `the file of cluster "${name}" is not the one this run was planned with`,
    nonRetryable: true,
  });
}
