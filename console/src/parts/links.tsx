import {
  Anchor,
  Button,
  NavLink,
  type AnchorProps,
  type ButtonProps,
  type NavLinkProps,
} from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import { forwardRef, type AnchorHTMLAttributes } from 'react';

type Attributes = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'color' | 'style' | 'children'>;

/** Links to pages of the console, each as a part of Mantine's and with the router's checked addresses. */
export const PageAnchor = createLink(
  forwardRef<HTMLAnchorElement, AnchorProps & Attributes>((props, ref) => (
    <Anchor ref={ref} {...props} />
  )),
);

export const PageButton = createLink(
  forwardRef<HTMLAnchorElement, ButtonProps & Attributes>((props, ref) => (
    <Button component="a" ref={ref} {...props} />
  )),
);

export const PageNavLink = createLink(
  forwardRef<HTMLAnchorElement, NavLinkProps & Attributes>((props, ref) => (
    <NavLink component="a" ref={ref} {...props} />
  )),
);
