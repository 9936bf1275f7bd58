import type { ApiDescription } from '../../protocol/description.ts'
import { apiName, callText, connectorName } from '../../generator/generator.ts'

/** `<name>.ts`, which belongs to whoever adds the API from then on. */
export function ownFile(name: string, { auth, baseUrl }: ApiDescription): string {
  const others = auth.slice(1).map((one) => `  // Or: auth: ${callText(one)}`)
  const lines = [
    ...(baseUrl === null
      ? ['  // The description does not say where calls go.', "  baseUrl: 'https://api.example.com',"]
      : []),
    ...others,
  ]
  const body = lines.length === 0 ? `{ ...${apiName(name)} }` : `{\n  ...${apiName(name)},\n${lines.join('\n')}\n}`
  return [
    "import { defineConnector } from 'tenon'",
    `import { ${apiName(name)} } from './${name}.generated.ts'`,
    '',
    '// What the description cannot say goes here: limits, idempotency, how webhooks are verified, whose account it is.',
    `export const ${connectorName(name)} = defineConnector('${name}', ${body})`,
    '',
  ].join('\n')
}
