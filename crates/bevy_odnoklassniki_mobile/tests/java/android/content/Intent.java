package android.content;

import android.net.Uri;
import android.os.Bundle;

public class Intent {
    public final Bundle extras = new Bundle();
    private final String action;
    private final Uri data;

    public Intent() {
        this(null, null);
    }

    public Intent(String action, Uri uri) {
        this.action = action;
        data = uri;
    }

    public String getAction() {
        return action;
    }

    public String getDataString() {
        return data == null ? null : data.toString();
    }

    public Intent putExtras(Bundle bundle) {
        extras.binders.putAll(bundle.binders);
        return this;
    }
}
