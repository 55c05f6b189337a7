const NEAR_PX = 48;

// Follows what is added at the end, unless the person has scrolled away from it: then there is a
// button that leads back.
export function followEnd(box: HTMLElement, content: HTMLElement, button: HTMLElement) {
  let isAtEnd = true;
  let top = 0;

  function follow(): void {
    if (isAtEnd) box.scrollTop = box.scrollHeight;
    button.hidden = isAtEnd;
  }

  // What is added moves the end away, but only a person goes up.
  function look(): void {
    const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    isAtEnd = isNear || (isAtEnd && box.scrollTop >= top);
    top = box.scrollTop;
    button.hidden = isAtEnd;
  }

  // What grows is followed once it has its size; to measure it at once costs time.
  function toEnd(isNow = false): void {
    isAtEnd = true;
    if (isNow) follow();
  }

  box.addEventListener("scroll", look);
  const sizes = new ResizeObserver(follow);
  sizes.observe(box);
  sizes.observe(content);
  return toEnd;
}
