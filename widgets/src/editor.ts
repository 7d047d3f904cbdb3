// anywidget's entry for the space editor.
import { render } from "./spaceEditor";

export default { render };
