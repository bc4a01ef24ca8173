/** What a user's policy module did against its contract: the run cannot go on. */
export class PolicyError extends Error {
  readonly file: string;
  /** Without the name of the file. */
  readonly reason: string;

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.name = 'PolicyError';
    this.file = file;
    this.reason = reason;
  }
}
