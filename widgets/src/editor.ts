// anywidget's entry for the space editor.
import { render } from "./space_editor";

export default { render };
