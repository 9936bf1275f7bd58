/** Calls back for single keys of a terminal; does nothing where there is none. Returns how to give the terminal back. */
export function listenToKeys(stdin: NodeJS.ReadStream, onKey: (key: string) => void): () => void {
  if (!stdin.isTTY) return () => undefined
  const give = (): void => {
    stdin.off('data', onData)
    stdin.setRawMode(false)
    stdin.pause()
  }
  const onData = (piece: Buffer): void => {
    for (const key of piece.toString()) onKey(key)
  }
  stdin.setRawMode(true)
  stdin.on('data', onData)
  stdin.resume()
  // However it ends, the shell gets a terminal that shows what is typed.
  process.once('exit', give)
  return () => {
    process.off('exit', give)
    give()
  }
}
