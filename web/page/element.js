// element makes an element with some of its properties set.
export function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}
