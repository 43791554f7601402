import { PasswordInput, type PasswordInputProps } from '@mantine/core';

const lengthMin = 12;

/** For the form that has the field. @returns `null` where the server would take it */
export function newPasswordFault(password: string): string | null {
  return password.length < lengthMin ? `At least ${lengthMin} characters.` : null;
}

/** Where somebody chooses a password. */
export function NewPasswordInput({ label = 'Password', ...props }: PasswordInputProps) {
  return (
    <PasswordInput
      label={label}
      description={`At least ${lengthMin} characters. A few words are easier to remember.`}
      autoComplete="new-password"
      required
      {...props}
    />
  );
}
