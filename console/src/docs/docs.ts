/** The API page: Swagger UI over the document of this gateway. */
// Its own build is taken as it is: bundling it again would only cost time.
import script from "swagger-ui-dist/swagger-ui-bundle.js?url";
import style from "swagger-ui-dist/swagger-ui.css?url";
import "./docs.css";

declare global {
  var SwaggerUIBundle: (options: Record<string, unknown>) => unknown;
}

const link = document.createElement("link");
link.rel = "stylesheet";
link.href = style;
document.head.prepend(link); // docs.css comes after it and wins

const loader = document.createElement("script");
loader.src = script;
loader.onload = () =>
  SwaggerUIBundle({
    url: "/openapi.yaml",
    domNode: document.getElementById("docs"),
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    requestSnippetsEnabled: true,
    tryItOutEnabled: true,
    validatorUrl: null, // would send the document to somebody else
  });
document.head.append(loader);
