import { ColorSwatch, Group, Text } from '@mantine/core';

/** What the colours of a picture stand for. */
export function Legend({
  of,
}: {
  of: readonly { readonly label: string; /** Any CSS colour. */ readonly color: string }[];
}) {
  return (
    <Group gap="md" mt={4}>
      {of.map(({ label, color }) => (
        <Group key={label} gap={6} wrap="nowrap">
          <ColorSwatch color={color} size={12} withShadow={false} aria-hidden />
          <Text fz="sm">{label}</Text>
        </Group>
      ))}
    </Group>
  );
}
