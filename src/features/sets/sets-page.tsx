/** Replication sets: tables × nodes, what each node sends by which set, and where the nodes differ. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type ReactNode, Suspense, useCallback, useDeferredValue, useMemo, useState } from 'react';
import { Link, type LoaderFunctionArgs } from 'react-router';
import type { TablePage, TableRow, TablesSort } from '#core/contract/tables.ts';
import { api } from '#src/api/client.ts';
import { useClusterName, useSnapshot } from '#src/api/hooks.ts';
import { type TablesInput, tablesQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { count, plural } from '#src/lib/units.ts';
import { allItems } from '#src/parts/data-table/all-items.ts';
import { useSort, writeSort } from '#src/parts/data-table/table-state.ts';
import { QueryFault } from '#src/parts/query-fault.tsx';
import { type SetSearch, useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { FilterInput } from '#src/ui/field.tsx';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { Empty, Notice, Skeleton } from '#src/ui/notice.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { Time } from '#src/ui/time.tsx';
import { ClusterSets } from './cluster-sets.tsx';
import { SetsSentence } from './sets-sentence.tsx';
import { FIRST, GridSkeleton, TableGrid, tableName } from './table-grid.tsx';

// With the grid alone the page is at its limit of weight; the panel comes when a table is chosen.
const TablePanel = lazyPart(() => import('./table-panel.tsx'));
const ChosenTables = lazyPart(() => import('./chosen-tables.tsx'));
const SetForm = lazyPart(() => import('./set-form.tsx'));
const PatternForm = lazyPart(() => import('./pattern-form.tsx'));

type Show = NonNullable<TablesInput['show']>;
const SHOWS: Show[] = ['all', 'differ', 'no-key', 'in-no-set'];
const isShow = (text: string | null): text is Show => SHOWS.includes(text as Show);

/** The address gives the order; without one the worst stand first. */
const SORTS: TablesSort[] = ['name', '-name', 'rows', '-rows'];
const sortOf = (text: string | null): TablesSort => SORTS.find((one) => one === text) ?? 'worst';

const inputOf = (show: Show, filter: string, sort: TablesSort): TablesInput => ({
  sort,
  ...(show === 'all' ? {} : { show }),
  ...(filter === '' ? {} : { filter }),
  limit: 200,
});

export function loader({ params, request }: LoaderFunctionArgs) {
  const search = new URL(request.url).searchParams;
  const show = search.get('show');
  const input = inputOf(isShow(show) ? show : 'all', search.get('q') ?? '', sortOf(search.get('sort')));
  // Not waited for: the frame of the page is there at once, and its rows have their place.
  void queryClient.prefetchInfiniteQuery(tablesQuery(params.cluster ?? '', input));
  return null;
}

export function Component() {
  const cluster = useClusterName();
  const [search, set] = useSearchState();
  const shown = search.get('show');
  const show: Show = isShow(shown) ? shown : 'all';
  const filter = search.get('q') ?? '';
  const chosen = search.get('table');
  const [sort] = useSort(FIRST);
  const input = inputOf(show, useDeferredValue(filter), sortOf(writeSort(sort)));
  const query = useInfiniteQuery(tablesQuery(cluster, input));
  const differing = useQuery({
    ...tablesQueryOnce(cluster, { show: 'differ', limit: 3 }),
    refetchInterval: 15_000,
  }).data?.items;
  const snapshot = useSnapshot();
  const nodes = snapshot.nodes.map((node) => node.name);
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const first = query.data?.pages[0];
  const row = useChosen(cluster, chosen, rows);

  const choose = useCallback(
    (name: string | null) => {
      set({ table: name });
      // In a narrow window the panel stands under the grid: what was chosen has to come into sight.
      if (name !== null && matchMedia('(max-width: 1180px)').matches) {
        requestAnimationFrame(() => document.querySelector('aside.side')?.scrollIntoView({ block: 'start' }));
      }
    },
    [set],
  );
  const { fetchNextPage, isFetchingNextPage } = query;
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);

  // By their rows, since a filter may hide what was chosen.
  const [taken, setTaken] = useState<ReadonlyMap<string, TableRow>>(new Map());
  const choosing = useMemo(
    () => ({
      chosen: new Set(taken.keys()),
      onChange: (keys: ReadonlySet<string>) => {
        const known = new Map([...taken, ...rows.map((one) => [tableName(one), one] as const)]);
        setTaken(new Map([...known].filter(([key]) => keys.has(key))));
      },
      labelOf: (one: TableRow) => `Choose ${safeName(tableName(one))}`,
    }),
    [taken, rows],
  );
  const setNames = [...new Set(snapshot.replicationSets.map((one) => one.name))].sort();

  const tools = (menu?: ReactNode) => (
    <>
      <Tools first={first} show={show} filter={filter} onSet={set} menu={menu} />
      {taken.size > 0 && (
        <Suspense>
          <ChosenTables
            cluster={cluster}
            tables={[...taken.values()].map(({ schema, table }) => ({ schema, table }))}
            nodes={nodes}
            sets={setNames}
            onNone={() => setTaken(new Map())}
          />
        </Suspense>
      )}
    </>
  );
  const allSets = (
    <>
      <ClusterSets sets={snapshot.replicationSets} nodes={nodes} />
      {setNames.length > 0 && (
        <Suspense>
          <PatternForm cluster={cluster} nodes={nodes} sets={setNames} />
          <SetForm cluster={cluster} nodes={nodes} sets={setNames} />
        </Suspense>
      )}
    </>
  );
  return (
    <>
      {first ? (
        <SetsSentence
          page={first}
          named={differing ?? []}
          top={<Checked page={first} sets={new Set(snapshot.replicationSets.map((one) => one.name)).size} />}
          link={(schema, table, children) => <Link to={paths.table(cluster, schema, table)}>{children}</Link>}
        />
      ) : (
        <Say top={<Skeleton width={200} />}>
          <Skeleton width={420} />
        </Say>
      )}
      <QueryFault query={query} />
      <div className={`cols ${row ? '' : 'no-table'}`}>
        <div>
          {!query.data && !query.error ? (
            <>
              {tools()}
              <GridSkeleton nodes={nodes} />
            </>
          ) : rows.length === 0 && first ? (
            <>
              {tools()}
              <Nothing filter={filter} show={show} onAll={() => set({ q: null, show: null }, 'push')} />
            </>
          ) : (
            <TableGrid
              rows={rows}
              nodes={nodes}
              more={query.hasNextPage}
              onMore={onMore}
              chosen={chosen}
              onChoose={choose}
              above={tools}
              choosing={choosing}
              allRows={() =>
                allItems((cursor) => api.tables.list({ cluster, ...input, limit: 1000, cursor }))
              }
            />
          )}
        </div>
        {row ? (
          <Suspense fallback={<aside className="side" aria-busy="true" aria-label={chosen ?? ''} />}>
            <TablePanel cluster={cluster} row={row} nodes={nodes} onClose={() => choose(null)}>
              {allSets}
            </TablePanel>
          </Suspense>
        ) : (
          <aside className="side" aria-label="Sets of this cluster">
            {chosen !== null && row === null && (
              <Notice title={`No table ${safeName(chosen)} was found`}>
                It may have been dropped or renamed.
              </Notice>
            )}
            {allSets}
          </aside>
        )}
      </div>
    </>
  );
}

/** One page of tables, outside the list that scrolls. */
function tablesQueryOnce(cluster: string, input: TablesInput) {
  return {
    queryKey: ['tables-once', cluster, input],
    queryFn: async (): Promise<TablePage> => {
      const data = await queryClient.fetchInfiniteQuery({ ...tablesQuery(cluster, input), staleTime: 5_000 });
      const [page] = data.pages;
      if (!page) throw new Error('A page of tables came without content.');
      return page;
    },
  };
}

/** The chosen table, from the list or (by a link that was sent) fetched by its name. Null: it was looked for in vain. */
function useChosen(cluster: string, name: string | null, rows: TableRow[]): TableRow | null | undefined {
  const listed = name === null ? undefined : rows.find((row) => tableName(row) === name);
  const query = useQuery({
    ...tablesQueryOnce(cluster, { filter: name?.slice(0, 200) ?? '', limit: 100 }),
    enabled: name !== null && listed === undefined,
  });
  if (name === null) return undefined;
  return (
    listed ?? (query.data ? (query.data.items.find((row) => tableName(row) === name) ?? null) : undefined)
  );
}

function Checked({ page, sets }: { page: TablePage; sets: number }) {
  const read = Object.values(page.observedAt).filter((at): at is string => at !== null);
  const nodes = Object.keys(page.observedAt).length;
  const oldest = [...read].sort()[0];
  return (
    <>
      {plural(page.counts.all, 'table')}, {plural(sets, 'set')}, {plural(nodes, 'node')};{' '}
      {oldest === undefined ? (
        'not read yet'
      ) : (
        <>
          checked <Time at={oldest} />
          {read.length < nodes && ` on ${read.length} of ${nodes}`}
        </>
      )}
    </>
  );
}

function Tools({
  first,
  show,
  filter,
  onSet,
  menu,
}: {
  first: TablePage | undefined;
  show: Show;
  filter: string;
  onSet: SetSearch;
  menu: ReactNode;
}) {
  const counts = first?.counts;
  const label = (words: string, number: number | undefined): ReactNode => (
    <>
      {words} {number !== undefined && count(number)}
    </>
  );
  return (
    <div className="tools pt-3">
      <FilterInput label="Table or set" value={filter} width={200} onValue={(value) => onSet({ q: value })} />
      <Segmented
        label="Show"
        value={show}
        onChange={(value) => onSet({ show: value === 'all' ? null : value }, 'push')}
        options={[
          { value: 'all', label: label('All', counts?.all) },
          { value: 'differ', label: label('Differ', counts?.differ) },
          { value: 'no-key', label: label('No key', counts?.noKey) },
          { value: 'in-no-set', label: label('In no set', counts?.inNoSet) },
        ]}
      />
      <span className="ml-auto">{menu}</span>
    </div>
  );
}

function Nothing({ filter, show, onAll }: { filter: string; show: Show; onAll: () => void }) {
  if (filter === '' && show === 'all') {
    return (
      <Empty title="No tables yet">
        A table that is created on a node is shown here within 15 seconds, with the sets that send it.
      </Empty>
    );
  }
  return (
    <Empty
      title={filter === '' ? 'No table matches' : `No table or set matches “${filter}”`}
      actions={<Button onClick={onAll}>Show all tables</Button>}
    >
      {show === 'differ' &&
        'All tables are in the same sets, with the same columns, on all nodes that were read.'}
    </Empty>
  );
}
