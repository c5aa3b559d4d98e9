/** In the place of a node that the console does not watch, or that is not there. */
import { Link } from 'react-router';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { buttonClass } from '#src/ui/button.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Empty } from '#src/ui/notice.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';

/** The catalogs of others name it, and the console has no address of it. */
export function NotWatched({ name, receivers }: { name: string; receivers: string[] }) {
  return (
    <>
      <Say top={<State of="unknown">Not watched</State>}>
        {`The console has no address of ${safeName(name)}, and ${receivers.map(safeName).join(', ')} ${receivers.length === 1 ? 'subscribes' : 'subscribe'} to it.`}
      </Say>
      <Empty
        title="Its state is not known here"
        actions={
          <Link className={buttonClass('primary')} to={paths.settings}>
            Watch another node
          </Link>
        }
      >
        If it is gone for good, drop the subscriptions to it on their pages.
      </Empty>
    </>
  );
}

export function NoSuchNode({ cluster, name }: { cluster: string; name: string }) {
  return (
    <>
      <Say top={<State of="unknown">Not found</State>}>
        <ArrowText>{`${cluster} has no node ${safeName(name)}.`}</ArrowText>
      </Say>
      <Empty
        title="It may have been renamed, dropped or forgotten"
        actions={
          <Link className={buttonClass('primary')} to={paths.nodes(cluster)}>
            Show nodes
          </Link>
        }
      />
    </>
  );
}
