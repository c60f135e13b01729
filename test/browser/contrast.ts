/** Texts whose contrast is below 4.5 to 1, each with its ratio. Runs in the page. */
export const dimTexts = `(() => {
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  const colour = (text) => text.match(/[0-9.]+/g).map(Number)
  const ancestors = (element) => (element ? [element, ...ancestors(element.parentElement)] : [])
  const backOf = (element) =>
    ancestors(element).map((one) => colour(getComputedStyle(one).backgroundColor)).find(([, , , alpha = 1]) => alpha === 1) ?? [255, 255, 255]
  const ratioOf = (element) => {
    const back = backOf(element)
    const opacity = ancestors(element).reduce((product, one) => product * Number(getComputedStyle(one).opacity), 1)
    const front = colour(getComputedStyle(element).color).slice(0, 3).map((value, index) => value * opacity + back[index] * (1 - opacity))
    const [dark, light] = [luminance(front), luminance(back)].sort((a, b) => a - b)
    return (light + 0.05) / (dark + 0.05)
  }
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => ({ text: element.textContent.trim().slice(0, 40), ratio: ratioOf(element) }))
    .filter(({ ratio }) => ratio < 4.5)
})()`
