import { TenonError } from '../base/errors.ts'

/** Why a port could not be had, and what to do: `PORT_TAKEN`; any other error stays as it is. */
export function listenError(error: unknown, host: string, port: number): unknown {
  const { code } = error as { code?: string }
  if (code === 'EADDRNOTAVAIL')
    return new TenonError(
      'INPUT_INVALID',
      `This machine has no address ${host}. Set TENON_HOST or --host to one that it has, or to 0.0.0.0 for all of them.`,
      { cause: error },
    )
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error
  const found = code === 'EADDRINUSE' ? 'is in use by another program' : 'may not be used by this user'
  return new TenonError(
    'PORT_TAKEN',
    `Port ${port} on ${host} ${found}. Set the variable PORT to another, such as PORT=${port + 1}, or end the program that has it.`,
    { cause: error },
  )
}
