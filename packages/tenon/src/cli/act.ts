import { TenonError } from '../base/errors.ts'
import { parseJson } from '../base/json.ts'
import { connectToServer, type ServerPlace } from '../server/management-client.ts'
import type { CommandInput } from './command.ts'
import { shortId } from './words.ts'

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

export function runPath(run: string | undefined, order: string): string {
  return `/runs/${encodeURIComponent(run ?? '')}/${order}`
}

/** How to look at the run that an answer names. */
export function lookAt(answer: Record<string, unknown>, tenant?: string): string {
  const whose = tenant === undefined ? '' : ` --tenant ${tenant}`
  return `npx tenon runs show ${shortId(answer['run'] as string)}${whose}`
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
