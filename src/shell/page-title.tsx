/** The title of the browser's tab, as the page's entry in the table has it. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { type Page, tabTitle } from '#src/pages.ts';

export function PageTitle({ page }: { page: Page }) {
  const params = useParams();
  // Reads what the page itself fetches; asks for nothing.
  const { data } = useQuery({ queryKey: ['tab'], ...page.tabQuery?.(params), enabled: false });
  return <title>{tabTitle(page, params, data)}</title>;
}
