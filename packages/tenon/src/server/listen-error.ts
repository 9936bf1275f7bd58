import { TenonError } from '../base/errors.ts'

/** Why a port could not be had, and what to do: `PORT_TAKEN`; any other error stays as it is. */
export function listenError(error: unknown, host: string, port: number): unknown {
  const { code } = error as { code?: string }
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error
  const found = code === 'EADDRINUSE' ? 'is in use by another program' : 'may not be used by this user'
  return new TenonError(
    'PORT_TAKEN',
    `Port ${port} on ${host} ${found}. Set the variable PORT to another, such as PORT=${port + 1}, or end the program that has it.`,
    { cause: error },
  )
}
