package games;

import android.app.Activity;
import android.content.Intent;
import android.net.Uri;

/** Activities for the tests, and what has become of them. */
public class Games {
    public static Activity withoutIntent() {
        return new Activity(null);
    }

    public static Activity withIntent(String action, String data) {
        return new Activity(new Intent(action, data == null ? null : Uri.parse(data)));
    }

    public static void failAt(Activity activity, String method) {
        activity.thrown = method;
    }

    public static String started(Activity activity) {
        Intent intent = activity.started;
        if (intent == null) {
            return null;
        }
        return intent.getAction() + " " + intent.getDataString() + " " + intent.extras.binders;
    }
}
