// anywidget's entry for the live panel.
import { render } from "./panel";

export default { render };
