import { unknownName } from '../../base/errors.ts';
import { schemaMarkdown } from '../../document/schema-page.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { wrapped } from '../terminal/table.ts';
import { FORMATS, schemaDocument } from './schema-table.ts';

export const schemaCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('format', { type: 'string', describe: `one of ${Object.keys(FORMATS).join(', ')}` })
      .option('markdown', { type: 'boolean', describe: 'print every key as a table for people' })
      .example('$0 schema', 'list the formats')
      .example('$0 schema study > study.json', 'for editors and validators'),
  run: async (flags) => {
    const name = textFlag(flags, 'format');
    if (name === undefined) {
      const width = Math.max(...Object.keys(FORMATS).map(({ length }) => length));
      for (const [format, { summary }] of Object.entries(FORMATS)) {
        const lines = wrapped(`${format.padEnd(width)}  ${summary}`, undefined, ' '.repeat(width + 2));
        process.stdout.write(`${lines.join('\n')}\n`);
      }
      return EXIT.ok;
    }
    if (!Object.hasOwn(FORMATS, name)) throw unknownName('format', name, Object.keys(FORMATS));
    const schema = await schemaDocument(name);
    if (switchFlag(flags, 'markdown')) {
      process.stdout.write(schemaMarkdown(name, FORMATS[name]!.summary, schema));
      return EXIT.ok;
    }
    process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
    return EXIT.ok;
  },
};
