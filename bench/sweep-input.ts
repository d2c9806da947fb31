/** What the loops of ssh2 and asyncssh are given: the very scripts that the product sends. */
export interface SweepInput {
  readonly hosts: readonly { readonly address: string; readonly script: string }[];
  readonly port: number;
  readonly user: string;
  readonly identity: string;
  readonly rounds: number;
  /** Hosts asked at once when connected. */
  readonly lanes: number;
  readonly command: string;
}
