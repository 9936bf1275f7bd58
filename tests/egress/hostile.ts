import { oddUrls } from '../../packages/tenon/src/outbound/spellings.fixture.ts'

/** Values that lead to the given port where something takes them for a part of an address. */
export function hostileValues(port: number): readonly string[] {
  const there = `127.0.0.1:${port}`
  return [
    ...oddUrls.map((url) => url.replaceAll('{port}', String(port))),
    `http://${there}/`,
    `@${there}/`,
    `:x@${there}/`,
    `.${there}`,
    `${there}#`,
    `${there}?`,
    `..//${there}/`,
    `../../..`,
    `%2e%2e%2f%2e%2e%2f/${there}`,
    `/..;/..;//${there}`,
    `?url=//${there}#//${there}`,
    ` HTTP/1.1\r\nHost: ${there}\r\n\r\nGET http://${there}/ HTTP/1.1\r\n`,
    `\u2028\u2029//${there}`,
    `\uFF0F\uFF0F${there}`,
  ]
}
