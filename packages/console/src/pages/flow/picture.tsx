import { useEffect, useMemo, type ReactNode } from 'react'
import type { FlowPicture, PictureNode } from '../../api/contract.ts'
import { Scroll } from '../../components/scroll.tsx'
import { useWidth } from '../../components/width.ts'
import { length } from '../../words/time.ts'
import { count, stepKindWords, stepLabel } from '../../words/words.ts'
import { endId, place, startId, type PlacedEdge, type PlacedNode } from './flow-graph.ts'
import styles from './picture.module.css'

/** The way that runs of this flow take, as the latest of them really took it. */
export function Picture({ picture }: { readonly picture: FlowPicture }): ReactNode {
  const [ref, width] = useWidth<HTMLDivElement>()
  const across = useMemo(() => place(picture, true), [picture])
  const down = useMemo(() => place(picture, false), [picture])
  // From left to right where that fits: it reads like a sentence.
  const drawn = across.width <= width ? across : down
  const tooWide = drawn.width - width
  useEffect(() => {
    // Its beginning stands in the middle.
    if (ref.current !== null) ref.current.scrollLeft = Math.max(0, tooWide) / 2
  }, [ref, tooWide])
  if (picture.nodes.length === 0)
    return <p className={styles.none}>There is no picture yet: it is drawn from what runs of this flow have done.</p>
  const steps = new Map(picture.nodes.map((node) => [node.step, node]))
  return (
    <Scroll ref={ref} className={styles.frame} label="Picture of the flow">
      <div className={styles.canvas} style={{ width: drawn.width, height: drawn.height }}>
        <svg className={styles.lines} viewBox={`0 0 ${drawn.width} ${drawn.height}`} aria-hidden="true">
          <defs>
            <marker
              id="arrow"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
              markerUnits="userSpaceOnUse"
            >
              <path d="M0,0.5 L7.5,4 L0,7.5 z" className={styles.arrow} />
            </marker>
          </defs>
          {drawn.edges.map((edge) => (
            <Line key={edge.id} edge={edge} runs={picture.runs} />
          ))}
        </svg>
        <ol>
          {drawn.nodes.map((node) => (
            <li key={node.id}>
              <Box node={node} step={steps.get(node.id)} />
            </li>
          ))}
        </ol>
      </div>
    </Scroll>
  )
}

/** The more often, the thicker; the number only where not every run went there. */
function Line({ edge, runs }: { readonly edge: PlacedEdge; readonly runs: number }): ReactNode {
  return (
    <g>
      <path
        d={edge.path}
        className={styles.line}
        strokeWidth={1 + 1.5 * (edge.seen / Math.max(1, runs))}
        markerEnd="url(#arrow)"
      />
      {edge.seen !== runs && edge.seen > 0 && (
        <text x={edge.x} y={edge.y} className={styles.number}>
          {edge.seen.toLocaleString('en')}
        </text>
      )}
    </g>
  )
}

function Box({
  node: { id, x, y, width, height },
  step,
}: {
  readonly node: PlacedNode
  readonly step: PictureNode | undefined
}): ReactNode {
  const style = { left: x, top: y, width, height }
  if (step === undefined)
    return (
      <div className={styles.point} style={style}>
        {id === startId ? 'Start' : id === endId ? 'End' : id}
      </div>
    )
  const { text, system } = stepLabel(step.step, step.kind)
  return (
    <div
      className={styles.node}
      style={style}
      data-kind={step.kind}
      data-undo={step.isUndo ? '' : undefined}
      title={`${step.step}: ${stepKindWords[step.kind]}. Seen ${count(step.seen, 'time')}${step.failed > 0 ? `, failed ${count(step.failed, 'time')}` : ''}.`}
    >
      <strong>
        <bdi>{text}</bdi>
      </strong>
      <small>
        {(step.alias ?? system) !== null && <bdi>{step.alias ?? system}</bdi>}
        {step.p50Ms !== null && <span title="Half of all take less">{length(step.p50Ms)}</span>}
        {step.failed > 0 && <span className={styles.failed}>{step.failed} failed</span>}
      </small>
    </div>
  )
}
