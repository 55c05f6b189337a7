const NEAR_PX = 48;

// Follows what is added at the end, unless the person has scrolled away from it.
export function followEnd(box: HTMLElement, content: HTMLElement) {
  let isAtEnd = true;

  function follow(): void {
    if (isAtEnd) box.scrollTop = box.scrollHeight;
  }

  function toEnd(): void {
    isAtEnd = true;
    follow();
  }

  box.addEventListener("scroll", () => {
    isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
  });
  const sizes = new ResizeObserver(follow);
  sizes.observe(box);
  sizes.observe(content);
  return toEnd;
}
