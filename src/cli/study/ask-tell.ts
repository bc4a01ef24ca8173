import { createInterface } from 'node:readline';
import { describeInputError, InputError } from '../../base/errors.ts';
import { answerLine } from '../../optimizer/ask-tell/session.ts';
import { EMPTY_SESSION, type SessionState } from '../../optimizer/ask-tell/session-state.ts';
import { createSampler, samplerNames } from '../../optimizer/sampler/registry.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';

export const askTellCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('sampler', { type: 'string', default: 'gp', describe: `one of ${samplerNames.join(', ')}` })
      .example('$0 ask-tell --sampler gp', 'one JSON request a line on stdin, one reply a line on stdout'),
  run: async (flags) => {
    const sampler = createSampler(String(flags['sampler']));
    const context = { sampler, version: packageVersion() };
    let state: SessionState = EMPTY_SESSION;
    // The program on the other side may close its end without "stop"; that ends the session, it is no fault.
    process.stdout.once('error', () => process.exit(EXIT.ok));
    const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, terminal: false });
    for await (const line of lines) {
      try {
        const answer = answerLine(state, line, context);
        state = answer.state;
        process.stdout.write(`${JSON.stringify(answer.reply)}\n`);
        if (answer.stop) break;
      } catch (error) {
        process.stdout.write(`${JSON.stringify({ error: describeProblem(error) })}\n`);
      }
    }
    lines.close();
    process.stdin.destroy();
    return EXIT.ok;
  },
};

/** A bug in one request must not end the session either: the state is still the one before the line. */
function describeProblem(error: unknown): string {
  if (error instanceof InputError) return describeInputError(error);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return `internal error: ${error instanceof Error ? error.message : String(error)}`;
}
