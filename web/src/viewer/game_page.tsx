export function GamePage({ id }: { id: string; ply: number | null }) {
  return <p>{id}</p>;
}
