import { allOptionsOf, type CommandNode } from '../registry.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What can stand at one place of the command line. */
interface Offer {
  readonly word: string
  readonly what: string
}

interface Place {
  /** The words before it, such as `runs list`. */
  readonly at: string
  readonly words: readonly Offer[]
  readonly flags: readonly Flag[]
}

interface Flag extends Offer {
  /** Whether a value follows, and what it can be where that is known. */
  readonly takesValue: boolean
  readonly values: readonly string[]
}

/** A script that completes commands, options and known values. It holds all of them, so that no program is started with each press of the key. */
export function completionScript(shell: Shell, commands: readonly CommandNode[]): string {
  const places = [placeOfRoot(commands), ...commands.flatMap(placesOf)]
  if (shell === 'bash') return bash(places)
  return shell === 'zsh' ? zsh(places) : fish(places)
}

const help: Flag = { word: '--help', what: 'explain it', takesValue: false, values: [] }

function placeOfRoot(commands: readonly CommandNode[]): Place {
  return { at: '', words: commands.map(offerOf), flags: [help] }
}

function offerOf({ path, summary }: CommandNode): Offer {
  return { word: path.at(-1) ?? '', what: summary }
}

function placesOf(node: CommandNode): Place[] {
  const { path, command, members } = node
  const choices = (command?.arguments ?? []).flatMap(([, , values = []]) => values)
  const place: Place = {
    at: path.join(' '),
    words: [...members.map(offerOf), ...choices.map((word) => ({ word, what: '' }))],
    flags: [...(command === null ? [] : allOptionsOf(command).map(flagOf)), help],
  }
  return [place, ...members.flatMap(placesOf)]
}

function flagOf([flags, what, values = []]: readonly [string, string, (readonly string[])?]): Flag {
  const [word = '', value] = flags.split(' ')
  return { word, what, takesValue: value !== undefined, values }
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** For `case`: how the place changes with each word that is a command. */
function steps(places: readonly Place[]): string {
  return places
    .filter(({ at }) => at !== '')
    .map(({ at }) => `      ${quoted(at.includes(' ') ? at : ` ${at}`)}) at=${quoted(at)} ;;`)
    .join('\n')
}

const words = (offers: readonly Offer[]): string => quoted(offers.map(({ word }) => word).join(' '))

function bash(places: readonly Place[]): string {
  const values = places.flatMap(({ at, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map((flag) => `    ${quoted(`${at} ${flag.word}`)}) offers=${quoted(flag.values.join(' '))} ;;`),
  )
  const offers = places.map(
    (place) => `      ${quoted(place.at)}) offers=${words(place.words)}; flags=${words(place.flags)} ;;`,
  )
  return `# Completion of tenon for bash:  source <(tenon completion bash)
_tenon() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at='' offers='' flags='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$at \${COMP_WORDS[index]}" in
${steps(places)}
    esac
  done
  case "$at $before" in
${values.join('\n')}
    *)
      case "$at" in
${offers.join('\n')}
      esac
      [[ $current == -* ]] && offers=$flags
      ;;
  esac
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
}
complete -o default -F _tenon tenon
`
}

function zsh(places: readonly Place[]): string {
  const list = (offers: readonly Offer[]): string =>
    offers.map(({ word, what }) => quoted(`${word.replaceAll(':', String.raw`\:`)}:${what}`)).join(' ')
  const offers = places.map(
    (place) => `    ${quoted(place.at)}) offers=(${list(place.words)}); flags=(${list(place.flags)}) ;;`,
  )
  const values = places.flatMap(({ at, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map((flag) => `    ${quoted(`${at} ${flag.word}`)}) takes=1; offers=(${flag.values.map(quoted).join(' ')}) ;;`),
  )
  return `#compdef tenon
# Completion of tenon for zsh:  source <(tenon completion zsh)
_tenon() {
  local at='' takes='' index
  local -a offers flags
  for ((index = 2; index < CURRENT; index++)); do
    case "$at \${words[index]}" in
${steps(places)}
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  if [[ -n $takes ]]; then
    if (( \${#offers} )); then compadd -a offers; else _files; fi
    return
  fi
  case "$at" in
${offers.join('\n')}
  esac
  [[ \${words[CURRENT]} == -* ]] && offers=("\${flags[@]}")
  if (( \${#offers} )); then _describe tenon offers; else _files; fi
}
if [[ "\${funcstack[1]:-}" == _tenon ]]; then _tenon "$@"; else compdef _tenon tenon; fi
`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ at, words: offers, flags }) => {
    const here = `-n ${quoted(`__tenon_at ${quoted(at).replaceAll("'", '"')}`)}`
    const what = (text: string): string => (text === '' ? '' : ` -d ${fishQuoted(text)}`)
    return [
      ...offers.map((offer) => `complete -c tenon ${here} -f -a ${fishQuoted(offer.word)}${what(offer.what)}`),
      ...flags.map((flag) => {
        const value = flag.takesValue
          ? flag.values.length > 0
            ? ` -x -a ${fishQuoted(flag.values.join(' '))}`
            : ' -r'
          : ''
        return `complete -c tenon ${here} -l ${flag.word.slice(2)}${value}${what(flag.what)}`
      }),
    ]
  })
  const known = places.filter(({ at }) => at !== '').map(({ at }) => fishQuoted(at))
  return `# Completion of tenon for fish:  tenon completion fish | source
function __tenon_at
  set -l at ''
  for word in (commandline -opc)[2..]
    set -l next (string trim "$at $word")
    if contains -- "$next" ${known.join(' ')}
      set at $next
    end
  end
  test "$at" = "$argv[1]"
end
complete -c tenon -f
${lines.join('\n')}
`
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
