/** After a form was refused: on to the first field that has to be mended, once it is marked. */
export function focusFirstFault(form: EventTarget): void {
  requestAnimationFrame(() => {
    const field = (form as HTMLElement).querySelector<HTMLElement>("[data-invalid] input, [data-invalid] button");
    field?.focus();
  });
}
