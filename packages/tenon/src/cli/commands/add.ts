import type { CommandDefinition } from '../command.ts'

export const command: CommandDefinition = {
  summary: "Make a connector from an API's own description, such as an OpenAPI document.",
  arguments: [
    ['<name>', 'of the connector, such as shop: writes shop.generated.ts, and shop.ts where there is none'],
    ['[document]', 'file or URL of the description; with --update the one that the file came from'],
  ],
  options: [
    ['--only <pattern...>', 'operations by name, name in the document or tag; * stands for anything'],
    ['--update', 'read the description again, and say what changed'],
    ['--dry-run', 'write nothing'],
    ['--yes', 'ask nothing'],
  ],
  examples: [
    ['tenon add shop ./openapi.yaml', 'all operations of a file'],
    ['tenon add shop https://shop.example/openapi.json --only "orders*" refunds', 'some operations of one on the web'],
    ['tenon add shop --update', 'once more, from the same place, with the same operations'],
    ['tenon add shop --update --dry-run', 'what would change'],
  ],
  // Protocols, and the way out, are loaded when they are needed, and not for a page of help.
  run: async (input) => (await import('../add/add.ts')).add(input),
}
