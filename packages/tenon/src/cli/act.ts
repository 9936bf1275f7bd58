import { TenonError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { connectToServer, type ServerPlace } from '../server/management-client.ts'
import { textOption, type CommandInput } from './command.ts'
import { runWords, withTenant } from './tenant.ts'

/** Sends one order to the server, and says in one line what became of it. */
export async function act(
  input: CommandInput,
  path: string,
  body: unknown,
  say: (answer: Record<string, unknown>) => string,
): Promise<void> {
  const answer = await connectToServer(input).send('POST', path, body)
  input.terminal.out(input.json ? JSON.stringify(answer) : say(answer))
}

/** Who sits at this terminal, as far as it is known. */
export function personOf(environment: CommandInput['environment']): string {
  return environment['USER'] || environment['USERNAME'] || 'operator'
}

/** A link that lets that person sign in to the console, once. */
export async function requestSignInLink(
  place: ServerPlace,
  by: string,
): Promise<{ readonly url: string; readonly expiresAt: number }> {
  const answer = await connectToServer(place).send('POST', '/sign-in-links', { by })
  return answer as { url: string; expiresAt: number } & typeof answer
}

/** An order to the run that the command line names. */
export function runPath(input: CommandInput, order: string): string {
  return withTenant(input, `/runs/${encodeURIComponent(input.arguments[0] ?? '')}/${order}`)
}

/** How to look at the run that an answer names. */
export function lookAt(answer: Record<string, unknown>, input: CommandInput): string {
  return `npx tenon runs show ${runWords(answer['run'] as string, textOption(input, 'tenant'))}`
}

/** The value of an option that holds JSON. */
export function jsonOption(text: string | undefined, name: string): unknown {
  if (text === undefined) return undefined
  try {
    return parseJson(text)
  } catch (error) {
    throw new TenonError('INPUT_INVALID', `${name} is not JSON; write it in quotes, such as ${name} '{"id": 7}'`, {
      cause: error,
    })
  }
}
