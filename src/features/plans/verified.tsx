/** What a run has proved on the nodes, and what it has not: marks that arrived, tables that were compared, findings. */
import { formatAfter } from '#core/model/format.ts';
import type { Plan, Run, RunStep } from '#core/model/plan.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { stepKnows } from './know.ts';
import { calledStep } from './plan-text.ts';

/** A step that found more is one line, which opens: ten thousand compared tables are read by nobody. */
const LINES = 8;

export function Verified({ run, plan }: { run: Run; plan: Plan }) {
  const states = new Map(run.steps.map((state) => [state.id, state]));
  const found = plan.steps.flatMap((step) => {
    const state = states.get(step.id);
    return state && state.facts.length > 0 ? [{ step, state, facts: inOrder(state.facts) }] : [];
  });
  const known = stepKnows(run, plan);
  if (found.length === 0 && known.length === 0) return null;
  // A step whose proof was ended has verified nothing, whatever it had read until then.
  const verified = found.filter(({ state }) => state.know === null || state.state === 'done');
  const unproved = found.filter((one) => !verified.includes(one));
  const short = verified.filter(({ facts }) => facts.length <= LINES);
  const long = verified.filter(({ facts }) => facts.length > LINES);
  return (
    <div className="verified">
      {known.length > 0 && (
        <section className="known" aria-label="Know this">
          <h3>
            <State of="know">Know this</State>
          </h3>
          <ul>
            {known.map(({ step, know }) => (
              <li key={step.id}>
                <b>{calledStep(step)}</b>: <ArrowText>{know}</ArrowText>
              </li>
            ))}
          </ul>
          {unproved.map(({ step, facts }) => (
            <details key={step.id}>
              <summary>
                Found before it was ended; this proves nothing about the rest: {calledStep(step)}
              </summary>
              <Found facts={facts} />
            </details>
          ))}
        </section>
      )}
      {verified.length > 0 && (
        <h3>
          {plan.kind === 'node-remove' ? (
            <>
              Recorded <small>read from the nodes before anything was dropped</small>
            </>
          ) : (
            <>
              Verified <small>not assumed: read from the nodes after the last step</small>
            </>
          )}
        </h3>
      )}
      {short.length > 0 && <Found facts={short.flatMap(({ facts }) => facts)} />}
      {long.map(({ step, state: { note }, facts }) => (
        <details key={step.id}>
          <summary>{note === null ? calledStep(step) : `${calledStep(step)}: ${note}`}</summary>
          <Found facts={facts} />
        </details>
      ))}
    </div>
  );
}

/** Marks are found as they arrive, and read by their names. */
function inOrder(facts: RunStep['facts']): RunStep['facts'] {
  if (!facts.every(({ arrivedSeconds }) => arrivedSeconds !== undefined)) return facts;
  return [...facts].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function Found({ facts }: { facts: RunStep['facts'] }) {
  return (
    <dl className="evidence">
      {facts.map(({ name, value, arrivedSeconds }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two steps may find something of one name
        <div key={at} className="contents">
          <dt>
            <ArrowText>{name}</ArrowText>
          </dt>
          <dd>
            <ArrowText>
              {arrivedSeconds === undefined ? value : `arrived ${formatAfter(arrivedSeconds)}`}
            </ArrowText>
          </dd>
        </div>
      ))}
    </dl>
  );
}
